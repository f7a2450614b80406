"""Plans of hooks and security modules, nested as configs nest them."""
