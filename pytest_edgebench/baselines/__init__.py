"""The accepted state: found, compared with, updated."""
