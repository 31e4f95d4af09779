"""The numbered changes that bring a database to the current schema. Each change only adds; what became unused is
removed in a later release.
"""
