"""The "cluster" workload in SimPy, for comparison.

Open Poisson arrivals, round robin over 10 services of 8 slots, exponential
service of mean 1 s, utilization 0.8, 50 ms constant latency each way.
Written as SimPy's own examples are: one process per request, one Resource
per service. Prints one line of JSON, as the other benchmarks do.

Usage: cluster_simpy.py [REQUESTS]
"""

import itertools
import json
import random
import sys
import time

import simpy

SERVICES, SLOTS = 10, 8
SERVICE_SECS, LATENCY_SECS = 1.0, 0.050
ARRIVAL_RATE = 0.8 * SERVICES * SLOTS / SERVICE_SECS


def run(requests, seed):
    rng = random.Random(seed)
    env = simpy.Environment()
    services = [simpy.Resource(env, capacity=SLOTS) for _ in range(SERVICES)]
    times = []

    def request(service):
        arrived = env.now
        yield env.timeout(LATENCY_SECS)
        with service.request() as slot:
            yield slot
            yield env.timeout(rng.expovariate(1.0 / SERVICE_SECS))
        yield env.timeout(LATENCY_SECS)
        times.append(env.now - arrived)

    def arrivals():
        turns = itertools.cycle(services)
        for _ in range(requests):
            yield env.timeout(rng.expovariate(ARRIVAL_RATE))
            env.process(request(next(turns)))

    env.process(arrivals())
    env.run()
    return times


def main():
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    run(requests // 10, 0)  # warms up
    rates, means, p99s = [], [], []
    for seed in (1, 2, 3):
        start = time.perf_counter()
        times = run(requests, seed)
        rates.append(requests / (time.perf_counter() - start))
        times.sort()
        means.append(sum(times) / len(times))
        p99s.append(times[len(times) * 99 // 100])
    rates.sort()
    print(json.dumps({
        "what": "SimPy " + simpy.__version__,
        "requests": requests,
        "per_second": round(rates[1]),
        "slowest": round(rates[0]),
        "fastest": round(rates[2]),
        "mean_secs": round(sum(means) / 3, 4),
        "p99_secs": round(sum(p99s) / 3, 3),
    }))


if __name__ == "__main__":
    main()
