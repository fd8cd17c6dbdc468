"""The field as all services know it: words, days, places, the ladder, the policy in force, states.

Pure: nothing here reads a clock, a database or a setting, and nothing of the project is imported.
"""
