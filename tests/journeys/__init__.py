"""Journeys: whole servers, driven as their users and their enemies drive them."""
