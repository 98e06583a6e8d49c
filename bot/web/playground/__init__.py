"""The playground: a page over the stand-in DingTalk, with the real program as a child process. It decides nothing; it shows."""
