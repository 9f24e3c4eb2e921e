# pyHanko, with what stands in the file and nothing else: where it may ask a responder that does not answer,
# it looks at no embedded answer either.
from pyhanko_certvalidator.revinfo import manager


async def embedded(self, cert, authority):
    return self._ocsps


manager.RevinfoManager.async_retrieve_ocsps = embedded
from pyhanko.cli import launch

launch()
