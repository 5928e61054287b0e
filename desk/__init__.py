"""The desk: pages on which people see what is pending, confirmed or stuck, and mend it.

Nothing here knows Celery or names an adapter: what it looks at and acts through is given to it by `workers/wiring.py`.
"""
