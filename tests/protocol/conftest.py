from hypothesis import settings

# A busy machine must not fail a property: the codecs are pure, so time says nothing about them.
settings.register_profile("protocol", deadline=None)
settings.load_profile("protocol")
