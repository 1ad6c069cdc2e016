"""What people see: HTML, terminal, JUnit; rendered from the run record alone."""
