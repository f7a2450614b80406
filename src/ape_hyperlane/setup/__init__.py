"""Commands that set things up: first configs, agents' configurations, the registry, the doctor."""
