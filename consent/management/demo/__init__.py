"""The demo: a made-up company, its nightly job, and a server to look at it with."""
