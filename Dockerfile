# hearth on a bare Debian 12: both commands of README.md.
#
#   docker build -t hearth .                     # make demo, and then every test
#   docker build -t hearth --target demo .       # make demo alone
FROM debian:12-slim AS demo

# What the two commands do not install themselves. A .dockerignore keeps build/ and runs/ of this machine out.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /hearth
COPY . .
RUN make demo

FROM demo AS test
RUN make test
