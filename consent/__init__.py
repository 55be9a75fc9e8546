"""What may we do with a number, and until when: purposes, notices, ledger, permission, retention."""
