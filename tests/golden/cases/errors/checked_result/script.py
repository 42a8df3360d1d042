import pydron


@pydron.functional
def cleaned(rows):
    if not any(row is None for row in rows):
        return rows
    return [row for row in rows if row is not None]


@pydron.schedule
def main(rows):
    good = cleaned(rows)
    good.append(4)
    return rows


print(main([1, 2, None]))
print(main([1, 2, 3]))
