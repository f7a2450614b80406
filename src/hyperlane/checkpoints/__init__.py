"""Where validators put their signatures and relayers find them."""
