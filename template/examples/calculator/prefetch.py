"""Factor 13: what the model will need is looked up before it is asked, so no round trip is spent.

A message that names an order has that order looked up. There is no `look_up_order` tool: what is
always there need not be asked for, and the model has one choice less to get wrong.
"""

from itertools import islice

from .events import Prefetched
from .orders import ORDER_ID, read_orders
from .thread import Thread

MOST = 20  # orders that one message has looked up


async def prefetch(thread: Thread) -> list[Prefetched]:
    """One `orders` event with the orders that the first message names; none if it names none.

    Whatever is raised becomes an `error` event that the model reads.
    """
    named = dict.fromkeys(ORDER_ID.findall(str(thread.events[0].data).upper()))
    if not named:
        return []
    orders = read_orders()
    found = {name: orders.get(name, "no such order") for name in islice(named, MOST)}
    if len(named) > MOST:
        found["not looked up"] = f"{len(named) - MOST} more: ask about {MOST} at a time"
    return [Prefetched(type="orders", data=found)]
