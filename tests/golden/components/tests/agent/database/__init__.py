"""What holds for each database that this project has a store in."""
