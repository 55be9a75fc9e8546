"""The JSON API for programs at a collection point: what people agree to, what they take back, and may we?

One file per noun. An endpoint reads its request, calls one verb, and says what came of it. No number stands in an
address, and none in an answer: not even in that of an error.
"""
