"""Pictures as files: what they are, whole or not, and how they are made to fit.

Everything here is a plain function from path to path that knows no job, no person and no network. `container` only
reads headers and is cheap enough for a thread; whatever decodes pixels (`fit`) is run through `worker.ImageWorkers`.
"""
