"""The conversion planner: month by month to twenty years, what a site earns mining on, converted, or in part.

One monthly model serves the plan and the simulation alike: drivers have months on their last axis and any number of
paths before it, and every formula broadcasts over them.
"""
