"""The aiohttp application: health, metrics, the playground. Pages are Jinja templates under templates/web; it changes state only through the engine."""
