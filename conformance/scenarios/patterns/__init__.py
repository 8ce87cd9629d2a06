"""What a value must look like: the matchers of scenarios.

json_values  when two values are the same, of which type they are, how they are shown
base         what every pattern is
single       patterns of single values
names        how names are bound, and what refers to them
combined     patterns made of others that look at the same value
structures   patterns of objects and arrays

Rules of this package:

* A pattern is pure. ``solutions`` yields every way in which a value fits, as the names that are
  bound afterwards; none means that it does not. Several ways exist where order means nothing.
* A bound name has the same value everywhere, so a value fits only if all uses of a name agree. Ids
  of the form of a UUID are compared as the engine does, ignoring case.
* A mapping fits an object that has at least its keys; inside ``Exact`` it must have no others.
* JSON has one kind of number: 1 and 1.0 are the same, 1 and ``true`` are not.
"""
