# --- numbers: arithmetic of arrays between functional calls
import numpy

@pydron.schedule
def main():
    out = []
    for i in range(4):
        a = numpy.asarray(f_arr(1, i, i), dtype=float)
        b = (a - numpy.mean(a)) / (a.std() + 1)
        c = numpy.where(b > 0.5, numpy.sqrt(abs(b)), -b)
        out.append(f_int(2, i, c.round(3).tolist()))
    return out

# --- numbers: warnings keep their place in the output and their line; what is to be raised is raised, in a handler too
import numpy

@pydron.schedule
def main():
    out = []
    for i in range(4):
        a = f_arr(1, i, i) - 1
        print("begin", i)
        b = 1 / a
        say(2, i, b.size)
        c = numpy.log(a * 1.0)
        out.append(f_int(3, i, numpy.nan_to_num(b + c).tolist()))
        print("end", (a / a)[0])
        with numpy.errstate(all="raise"):
            try:
                out.append((1 / a).tolist())
            except FloatingPointError as error:
                out.append(str(error))
        out.append(f_int(4, i, len(out)))
    with numpy.errstate(all="ignore"):
        out.append(f_int(5, 0, (1 / (f_arr(6, 0, 0) - 1)).tolist()))
    return out

# --- numbers: an undecorated helper that warns, that catches, that works in place on what it has made
import numpy

def standard(values):
    values = values * 1.0
    values -= values.mean()
    values /= values.std()
    return values

def inverse(values):
    try:
        return 1 / values
    except FloatingPointError:
        return values

@pydron.schedule
def main():
    out = []
    for i in range(4):
        a = f_arr(1, i, i)
        out.append(f_int(2, i, standard(a).tolist()))
        print(i, inverse(a - 1).tolist())
        out.append(f_int(3, i, levels(a, i).tolist()))
    return out

# --- numbers: an array that is stored into is read when that is done
import numpy

@pydron.schedule
def main():
    table, out = numpy.ones(4), []
    for i in range(4):
        table[i] = f_int(1, i, i)
        out.append(f_int(2, i, (table / 3.0).tolist()))
        out.append(table.mean() * 2)
    return out, table.tolist()

# --- numbers: shapes that do not fit
import numpy

@pydron.schedule
def main():
    out = []
    for i in range(4):
        a = f_arr(1, i, i)
        out.append(f_int(2, i, i))
        out.append((a * 0.5 + numpy.ones(3 + i // 3)).tolist())
    return out
