"""Plans of hooks and security modules, nested as in their configs."""
