"""Account: what AWS knows of the account itself."""
