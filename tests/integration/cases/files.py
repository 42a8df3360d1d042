"""files, context managers, generators, recursion, match"""

import contextlib, os, tempfile, pathlib, csv, io, sys, time
import pydron


@pydron.functional
def checksum(data):
    import hashlib

    return hashlib.sha256(data).hexdigest()[:8]


@pydron.functional
def parse(line):
    match line.split(","):
        case [name, num] if num.isdigit():
            return {"name": name, "n": int(num)}
        case [name, *rest]:
            return {"name": name, "rest": rest}
        case _:
            raise ValueError(line)


@contextlib.contextmanager
def section(title):
    print("<", title)
    try:
        yield title.upper()
    except KeyError as e:
        print("suppressed", e)
    finally:
        print(">", title)


@pydron.schedule
def walk(folder):
    sums = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.is_dir():
            sums.update({f"{path.name}/{k}": v for k, v in walk(path).items()})
        else:
            with path.open("rb") as f:
                sums[path.name] = checksum(f.read())
    return sums


@pydron.schedule
def records(lines):
    for number, line in enumerate(lines):
        rec = parse(line)
        match rec:
            case {"n": n} if n > 3:
                yield "big", n
            case {"n": n}:
                yield "small", n
            case {"rest": [first, *_]}:
                got = yield "rest", first
                if got:
                    print("got", got)
            case _:
                return number


@pydron.schedule
def process(lines):
    rows = []
    with section("one") as t:
        for kind, value in records(lines):
            rows.append((t, kind, value))
            if value == "stop":
                raise KeyError("stop")
    with section("two"), contextlib.suppress(ZeroDivisionError):
        rows.append(1 // len([r for r in rows if r[1] == "never"]))
    with contextlib.ExitStack() as stack:
        for i in range(3):
            stack.callback(print, "callback", i)
        names = {parse(line)["name"] for line in lines if "," in line}
    try:
        parse("")["x"]
    except (KeyError, ValueError) as e:
        rows.append(repr(e))
    finally:
        rows.append("end")
    return rows, sorted(names)


@pydron.schedule
def fib(n):
    if n < 2:
        return parse(f"x,{n}")["n"]
    return fib(n - 1) + fib(n - 2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as d:
        root = pathlib.Path(d)
        for i in range(4):
            (root / f"d{i}").mkdir()
            for j in range(3):
                (root / f"d{i}" / f"f{j}").write_text("x" * (i * 7 + j))
        print(walk(root))
    print(process(["a,1", "b,7", "c,x,y", "d,stop", "e,5"]))
    print(process(["a,1", "b,7"]))
    g = records(["a,q", "b,2"])
    print(next(g), g.send("hello"), list(g))
    print(fib(10))
    print("done", file=sys.stderr)
