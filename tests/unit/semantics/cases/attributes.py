# --- 11 attributes stored behind branches while others are read
class Search:
    def __init__(self):
        self.best = None
        self.tried = self.total = 0
        self.items = []

    def rank(self, value):
        return value + self.tried % 3

    @pydron.schedule
    def step(self, i):
        found = f_int(1, i, i, self.tried)
        self.tried += 1
        if found % 2:
            self.best = found
        elif found % 3:
            self.items.append(found)
        else:
            self.total += found
        return self.rank(found)

@pydron.schedule
def main():
    search = Search()
    seen = []
    for i in range(5):
        seen.append(search.step(i))
        if f_flag(2, i, search.tried):
            search.best = f_int(3, i, search.tried)
        seen.append((search.tried, search.rank(i)))
    return seen, search.best, search.total, search.items, sorted(fields(search))

# --- 11 another attribute than that of the branch, by another name of the object
@pydron.schedule
def main():
    box = Box(1)
    box.spare = 0
    same = box
    seen = []
    for i in range(4):
        found = f_int(1, i, i, box.spare)
        if found % 2:
            box.v = found
            other = same
            other.spare = found + 1
        else:
            same.v = -found
            box.limit = found
        seen.append(f_int(2, i, same.spare, box.limit))
    return seen, box.v, box.spare, box.limit

# --- 11 another attribute than that of the branch, of an object that is held by another
class Holder:
    def __init__(self, box):
        self.box = box
        self.count = 0

@pydron.schedule
def main():
    box = Box(1)
    box.spare = 0
    held, holder = [box], Holder(box)
    seen = []
    for i in range(4):
        found = f_int(1, i, i, box.spare)
        if found % 2:
            box.v = found
            held[0].spare = found + 1
            holder.count += 1
        elif found % 3:
            holder.count += 1
            holder.box.limit = found
            held[0].v = i
        else:
            box.v = i
            holder.box.spare = i
        seen.append(f_int(2, i, holder.box.spare, box.limit, holder.count))
    return seen, box.v, box.spare, box.limit

# --- 11 an attribute stored by its text, in the dictionary, or deleted
@pydron.schedule
def main():
    box = Box(1)
    box.spare, box.w, box.x = 0, 1, 2
    seen = []
    for i in range(6):
        found = f_int(1, i, i, box.v)
        names = fields(box)
        if found % 4 == 0:
            box.v = found
            setattr(box, "spare", found)
        elif found % 4 == 1:
            box.v = i
            fields(box)["w"] = found
        elif found % 4 == 2:
            box.__dict__["x"] = found
            box.v = found + 1
        else:
            box.v = found
            names["spare"] = found
            if hasattr(box, "x"):
                del box.x
        seen.append(f_int(2, i, box.spare, box.w, getattr(box, "x", 9)))
        seen.append([*fields(box)])
    return seen

# --- 11 a method replaced on the object behind a branch
class Model:
    def __init__(self):
        self.done = 0

    @pydron.schedule
    def step(self, i):
        self.done += 1
        return f_int(1, i, i)

    def name(self):
        return "model"

def other(i):
    print("other", i)
    return f_int(2, i, i)

@pydron.schedule
def main():
    model = Model()
    seen = []
    for i in range(5):
        seen.append(model.step(i))
        seen.append(model.name())
        if f_int(3, i, i) % 3 == 0:
            model.step = other
        elif f_int(4, i, i) % 3 == 0:
            model.name = lambda: "another"
        seen.append(model.done)
    return seen

# --- 11 slots, properties, class attributes and a class that is replaced
class Base:
    __slots__ = ("fixed", "__dict__")
    shared = 1

    def __init__(self):
        self.fixed = 0
        self.free = 0
        self._hidden = 0

    @property
    def hidden(self):
        return self._hidden + self.free

    @hidden.setter
    def hidden(self, value):
        self._hidden = value
        self.free += 1

    def kind(self):
        return "base"

class Derived(Base):
    shared = 2

    def kind(self):
        return "derived"

@pydron.schedule
def main():
    one, two = Base(), Derived()
    seen = []
    for i in range(5):
        for each in (one, two):
            found = f_int(1, (i, each is one), i, each.free)
            if found % 5 == 0:
                each.fixed = found
            elif found % 5 == 1:
                each.hidden = found
            elif found % 5 == 2:
                each.shared = found
            elif found % 5 == 3:
                each.__class__ = Derived
            else:
                Base.shared = found
            seen.append((each.kind(), each.free, each.fixed, each.shared))
            seen.append(f_int(2, (i, each is one), each.hidden))
    return seen, sorted(fields(one)), sorted(fields(two))

# --- 11 names that are not there, and code for them
class Loose:
    def __init__(self):
        self.known = 0

    def __getattr__(self, name):
        print("no", name)
        return len(self.__dict__)

class Strict(Loose):
    def __setattr__(self, name, value):
        print("set", name)
        object.__setattr__(self, name, value)
        object.__setattr__(self, "last", name)

@pydron.schedule
def main():
    seen = []
    for each in (Loose(), Strict()):
        for i in range(3):
            if f_flag(1, i, i):
                each.found = f_int(2, i, i)
            else:
                each.more = i
            seen.append((each.known, each.last))
            each.known += 1
            seen.append((each.found, each.more, each.known))
    return seen

# --- 11 attributes stored in statements that catch errors
@pydron.schedule
def main():
    box = Box(0)
    box.spare = box.w = 0
    seen = []
    for i in range(4):
        try:
            if f_flag(1, i, i):
                box.v = f_int(2, i, box.spare)
            box.spare += 1
            box.w = f_int(3, i, box.v)
        except (KeyError, ValueError, ZeroDivisionError):
            box.w = -1
            seen.append(box.spare)
        finally:
            box.spare += 1
        seen.append((box.v, box.w, f_int(4, i, box.spare)))
    return seen

# --- 11 an object whose attributes are stored by those it is given to
def put(box, value):
    box.spare = value

@pydron.schedule
def put_later(box, i, value):
    found = f_int(1, i, value)
    if found % 2:
        box.v = found
    else:
        put(box, found)

class Store(Box):
    @pydron.schedule
    def update(self, i):
        found = f_int(2, i, i)
        if found % 2:
            self.v = found
            put_later(self, i, found)
        return self.spare

    @pydron.schedule
    def add(self, i):
        self.count = i
        if f_flag(3, i, i):
            self.count += 1

@pydron.schedule
def main():
    box = Store(0)
    box.spare = box.count = 0
    seen = []
    for i in range(4):
        if f_flag(4, i, i):
            box.update(i)
        if f_flag(5, i, i):
            box.w = i
            put_later(box, (i, 1), i)
        box.add(i)
        seen.append((box.count, box.spare, f_int(6, i, box.v)))
    return seen

# --- 11 a branch stores into a part that is another one by then
class Shelf:
    def __init__(self):
        self.rows = []
        self.other = []
        self.table = {0: self.rows}
    @property
    def shown(self):
        note("shown", len(self.rows))
        return self.rows

def swap(shelf, value):
    if value % 2:
        shelf.rows, shelf.other = shelf.other, shelf.rows
        shelf.table[0] = shelf.rows

@pydron.schedule
def main():
    shelf, out = Shelf(), []
    for i in range(6):
        y = f_int(1, i, i)
        if y % 3:
            if y % 2:
                shelf.rows = shelf.other
            shelf.rows.append(y)
            shelf.table[0].append(-y)
        if f_int(2, i, i) % 2:
            swap(shelf, i)
            shelf.rows.append(i)
            shelf.shown.append(y)
        if f_int(3, i, i) % 2:
            key = i % 2
            shelf.table[key].append(i) if key in shelf.table else shelf.rows.clear()
        out.append(len(shelf.rows))
        if f_int(4, i, i) % 4 == 0:
            del shelf.table
            shelf.table = {0: [i]}
    return out, shelf.rows, shelf.other, shelf.table
