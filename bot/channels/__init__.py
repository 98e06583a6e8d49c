"""Where people talk, one folder a channel: a pure half (wire) and an I/O half (client). Channels know ports and core, never the engine or the store."""
