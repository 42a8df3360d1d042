"""The effects database: what an operation on concrete values may do.

Every answer errs on the side of `Effect.UNKNOWN`: a wrong "pure" is a wrong program.
"""
