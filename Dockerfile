# logoflow with JupyterLab in a container, for the processor:
#   docker build -t logoflow .
#   docker run --rm -it -p 8888:8888 logoflow
# JupyterLab prints an address with a token; open it in a browser.
FROM debian:trixie-slim

# The packages that README.md names for a bare server.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
       make python3-venv libgl1 libglib2.0-0 libgomp1 libquadmath0 \
    && rm -rf /var/lib/apt/lists/*

# The notebooks run as an ordinary user. WORKDIR would give root the folder.
RUN useradd --create-home --shell /bin/bash logoflow \
    && install --directory --owner=logoflow --group=logoflow /home/logoflow/logoflow
WORKDIR /home/logoflow/logoflow
COPY --chown=logoflow:logoflow . .
USER logoflow

# pip's cache would only make the image larger.
RUN make setup PIP_NO_CACHE_DIR=1

EXPOSE 8888
# Inside a container only 0.0.0.0 can be reached from outside.
CMD ["make", "lab", "IP=0.0.0.0"]
