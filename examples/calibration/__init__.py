"""A night at the telescope, reduced: FITS frames in, a colour picture and a catalogue of galaxies out.

`pipeline` is the program of interest, `steps` the science it calls, `night` makes the exposures, `outputs` writes the
results, and ``python -m examples.calibration`` runs it with and without Pydron and compares.
"""
