# pyHanko's validation by EN 319 102-1, which judges but does not say its indication: here it does.
from pyhanko.cli.commands.validation import validate

judge = validate.ades_lta_validation


async def told(*arguments, **named):
    result = await judge(*arguments, **named)
    print("indication:", result.ades_subindic)
    return result


validate.ades_lta_validation = told
from pyhanko.cli import launch

if __name__ == "__main__":
    launch()
