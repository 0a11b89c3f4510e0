"""The score of an episode: how well somebody kept an account, from what is there in the end."""
