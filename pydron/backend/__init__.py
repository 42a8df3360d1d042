"""Where workers come from: launchers start workers of ours, engines run tasks on systems that have their own."""
