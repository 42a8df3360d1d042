def arguments():
    return {1: 4, 2: 3}, [1]

@pydron.schedule
def main(m0, xs):
    for i3, v4 in m0.items():
        del m0[1]
        m0[max([0 for e5 in xs], default=0)] = 0
        if f_int(2, 0):
            pass

def drive(m0, xs):
    main(m0, xs)
