"""What tests of several folders share: chains, agents, processes, servers, bytes. No tests."""
