"""Stand-ins for finance systems as real servers, for the demo and the tests. They know the vendors' protocols and nothing of the product:
standard library and aiohttp only, so that they are independent witnesses of what was really written. Built from public documents, not from
a live tenant; where those are silent or contradict each other, the choice is a setting."""
