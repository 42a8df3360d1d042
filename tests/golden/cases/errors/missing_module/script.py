import pydron


@pydron.functional
def transform(x):
    import scippy.fft

    return scippy.fft.dct(x)


@pydron.schedule
def main():
    spectrum = transform(1)
    return spectrum


main()
