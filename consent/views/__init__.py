"""What the public and the providers see: each view translates a request into one verb."""
