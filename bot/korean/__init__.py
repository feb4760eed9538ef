"""Text as Koreans type it: normalising, jamo, Jeju words, places, the emergency guard.

Nothing here knows Rasa, a database or the web; it runs on Python 3.10 and 3.12.
"""
