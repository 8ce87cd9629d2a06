# The suite: judges a worker from an image, without installing anything.
#
#   docker build -t iii-conformance .
#   docker run --rm -v "$PWD:/work" iii-conformance --worker-cmd="./my-worker"
#   docker run --rm -v /var/run/docker.sock:/var/run/docker.sock iii-conformance --worker-image=me/worker:1
#
# For a worker that needs more than Python: FROM this image and install it, or judge its image.
ARG BASE=python:3.13-slim
FROM ${BASE}
ARG EXTRAS=containers,fast
ARG PIP_OPTIONS=""
COPY . /source
RUN python3 -m pip install --no-cache-dir $PIP_OPTIONS --constraint /source/.ci/constraints.txt \
      "/source[$EXTRAS]" pytest-xdist \
    && rm -rf /source
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["python3", "-m", "pytest", "-p", "no:cacheprovider"]
