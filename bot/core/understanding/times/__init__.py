"""Phrases that name a time, a span, a length or a repetition, in both languages: a closed grammar over tokens, and what they mean from a moment on."""
