"""What tests share: a throwaway PostgreSQL, and the whole service on free ports."""
