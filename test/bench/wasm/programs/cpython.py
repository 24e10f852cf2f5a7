# What an interpreter of Python does: imports, dictionaries, regular expressions, big integers, floats, hashing, generators, errors.
import collections, decimal, fractions, hashlib, heapq, itertools, json, math, random, re, struct, sys

print(sys.version_info[:3])
words = "the quick brown fox jumps over the lazy dog while the dog dreams of foxes".split()
print(json.dumps(collections.Counter(words).most_common(4)), re.sub(r"(\w+) (\w+)", r"\2 \1", " ".join(words)))
print(hashlib.sha256(b"zerostate").hexdigest(), hashlib.blake2b(b"zerostate", digest_size=8).hexdigest())
print(math.factorial(60), fractions.Fraction(22, 7) + fractions.Fraction(1, 3), decimal.Decimal(2).sqrt())
print([repr(f(0.7)) for f in (math.sin, math.exp, math.gamma, math.atanh)], struct.pack("<d", float("nan")).hex())
generator = random.Random(7)
print(generator.random(), generator.sample(range(100), 5), heapq.nsmallest(3, (generator.gauss(0, 1) for _ in range(500))))
print({hash(word) % 97 for word in words}, list(itertools.islice(itertools.permutations("abcd"), 3)))


def primes():
    found = []
    for n in itertools.count(2):
        if all(n % p for p in found if p * p <= n):
            found.append(n)
            yield n


print(sum(itertools.islice(primes(), 400)))
try:
    [][1]
except IndexError as error:
    print("IndexError:", error)
