"""People, invites and applications as other systems and spreadsheets tell them: whole and sound, or every fault by its place."""
