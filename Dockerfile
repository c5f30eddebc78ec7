# docker build -t noiselens . && docker run --rm -p 8501:8501 noiselens
# To use your own data folder: add -v /path/to/data:/app/data:ro
FROM python:3.12-slim-bookworm

# Fashion-MNIST, complete, as Debian packages it.
RUN apt-get update \
    && apt-get install -y --no-install-recommends dataset-fashion-mnist \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 1000 noiselens
WORKDIR /app

# The requirements first: this layer, the large one, is built again only when they change.
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

COPY app.py LICENSE README.md ./
COPY .streamlit/ .streamlit/
COPY assets/ assets/
COPY models/ models/
COPY pages/ pages/
COPY ui/ ui/
COPY xai_core/ xai_core/
RUN python -m compileall -q app.py pages ui xai_core \
    && install -d -o noiselens -g noiselens data runs

USER noiselens
ENV XDG_CACHE_HOME=/home/noiselens/.cache \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
