# A container with logoflow and JupyterLab. It uses the processor, not a GPU.
#   docker build -t logoflow .
#   docker run --rm -it -p 8888:8888 logoflow
# JupyterLab prints an address with a token. Open this address in a browser.
FROM debian:trixie-slim

# The system packages that README.md lists.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
       make python3-venv libgl1 libglib2.0-0 libgomp1 libquadmath0 \
    && rm -rf /var/lib/apt/lists/*

# The notebooks run as an ordinary user. WORKDIR alone would create the folder for root.
RUN useradd --create-home --shell /bin/bash logoflow \
    && install --directory --owner=logoflow --group=logoflow /home/logoflow/logoflow
WORKDIR /home/logoflow/logoflow
COPY --chown=logoflow:logoflow . .
USER logoflow

# pip's cache would make the image larger.
RUN make setup PIP_NO_CACHE_DIR=1

EXPOSE 8888
# A server in a container must listen on 0.0.0.0 to be reachable from outside.
CMD ["make", "lab", "IP=0.0.0.0"]
