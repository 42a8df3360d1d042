import functools

import pydron


def attempt(decorator, given):
    try:
        decorator(given)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)


class Pipeline:
    def run(self):
        return 1

    def __call__(self):
        return 2


attempt(pydron.schedule, 5)
attempt(pydron.schedule, "fast")
attempt(pydron.schedule(strict=True), 5)
attempt(pydron.schedule, Pipeline)
attempt(pydron.schedule, Pipeline())
attempt(pydron.schedule, Pipeline().run)
attempt(pydron.schedule, functools.partial(Pipeline.run, 1))
attempt(pydron.schedule, functools.lru_cache(Pipeline.run))
attempt(pydron.schedule, property(Pipeline.run))
attempt(pydron.schedule, sum)
attempt(pydron.functional, 5)
attempt(pydron.functional, property(Pipeline.run))
attempt(pydron.functional(cores=2), [sum])
attempt(pydron.graph, 5)
attempt(pydron.graph, Pipeline.run)
attempt(lambda cores: pydron.functional(cores=cores), "two")
attempt(lambda retries: pydron.functional(retries=retries), -1)
