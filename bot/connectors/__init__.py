"""Outside systems behind one contract, one file a system. Connectors know ports and core, never the engine or the store."""
