"""A small signed JSON API for the company's own permission system: it tells of people, invites and applications, and asks where somebody stands."""
