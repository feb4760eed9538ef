"""What the bot may say: articles, revisions, search."""
