"""Pure: what DingTalk sends becomes a Message, and an Outbound becomes what DingTalk takes. No await, clock, file or log."""
