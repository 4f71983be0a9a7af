"""Pub/Sub as google-cloud-pubsub uses it."""

import base64
import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.protobuf import duration_pb2

from conftest import require_environment

require_environment("PUBSUB_EMULATOR_HOST")

PATIENCE = 20


@pytest.fixture(scope="module")
def publisher():
    return pubsub_v1.PublisherClient()


@pytest.fixture(scope="module")
def subscriber():
    with pubsub_v1.SubscriberClient() as client:
        yield client


@pytest.fixture
def topic(publisher, project, unique):
    path = publisher.topic_path(project, unique)
    publisher.create_topic(name=path)
    yield path
    publisher.delete_topic(topic=path)


@pytest.fixture
def subscription(subscriber, topic, project, unique):
    path = subscriber.subscription_path(project, f"{unique}-sub")
    subscriber.create_subscription(name=path, topic=topic)
    yield path
    subscriber.delete_subscription(subscription=path)


@pytest.fixture
def endpoint():
    """A push endpoint: its bodies in a queue, its answer in `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.bodies.put(json.loads(body))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.bodies, server.status = queue.Queue(), 204
    server.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


def test_topics_and_subscriptions_are_listed(publisher, subscriber, project, topic, subscription):
    assert publisher.get_topic(topic=topic).name == topic
    assert topic in [t.name for t in publisher.list_topics(project=f"projects/{project}")]
    assert list(publisher.list_topic_subscriptions(topic=topic)) == [subscription]
    assert subscriber.get_subscription(subscription=subscription).topic == topic
    listed = subscriber.list_subscriptions(project=f"projects/{project}")
    assert subscription in [s.name for s in listed]


def test_what_exists_or_does_not_is_refused(publisher, subscriber, topic, subscription):
    with pytest.raises(exceptions.AlreadyExists):
        publisher.create_topic(name=topic)
    with pytest.raises(exceptions.AlreadyExists):
        subscriber.create_subscription(name=subscription, topic=topic)
    with pytest.raises(exceptions.NotFound):
        publisher.get_topic(topic=topic + "-none")
    with pytest.raises(exceptions.NotFound):
        subscriber.pull(subscription=subscription + "-none", max_messages=1)


def test_pull_acknowledge_and_refuse(publisher, subscriber, topic, subscription):
    identifier = publisher.publish(topic, b"one", pipeline="taxi").result(PATIENCE)
    [first] = subscriber.pull(subscription=subscription, max_messages=10).received_messages
    assert first.message.message_id == identifier
    assert first.message.attributes["pipeline"] == "taxi"
    subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=[first.ack_id], ack_deadline_seconds=0
    )
    [second] = subscriber.pull(subscription=subscription, max_messages=10).received_messages
    assert second.message == first.message
    subscriber.acknowledge(subscription=subscription, ack_ids=[second.ack_id])
    empty = subscriber.pull(subscription=subscription, max_messages=1, timeout=1)
    assert not empty.received_messages


def test_streaming_pull_gets_every_message(publisher, subscriber, topic, subscription):
    got, done, lock = set(), threading.Event(), threading.Lock()

    def receive(message):
        with lock:
            got.add(message.data)
            if len(got) == 200:
                done.set()
        message.ack()

    future = subscriber.subscribe(subscription, callback=receive)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: publisher.publish(topic, b"%d" % i).result(PATIENCE), range(200)))
    assert done.wait(PATIENCE)
    future.cancel()
    future.result(PATIENCE)
    assert got == {b"%d" % i for i in range(200)}


def test_push_is_wrapped_json(publisher, subscriber, topic, subscription, endpoint):
    subscriber.modify_push_config(
        subscription=subscription, push_config={"push_endpoint": endpoint.url}
    )
    identifier = publisher.publish(topic, "größe".encode(), k="v").result(PATIENCE)
    body = endpoint.bodies.get(timeout=PATIENCE)
    assert body["subscription"] == subscription
    assert base64.b64decode(body["message"]["data"]).decode() == "größe"
    assert body["message"]["messageId"] == body["message"]["message_id"] == identifier
    assert body["message"]["attributes"] == {"k": "v"}


def test_push_that_fails_ends_in_the_dead_letter_topic(
    publisher, subscriber, project, topic, unique, endpoint
):
    endpoint.status = 500
    dead_topic = publisher.topic_path(project, f"{unique}-dead")
    publisher.create_topic(name=dead_topic)
    dead = subscriber.subscription_path(project, f"{unique}-dead")
    subscriber.create_subscription(name=dead, topic=dead_topic)
    push = subscriber.subscription_path(project, f"{unique}-push")
    subscriber.create_subscription(
        request={
            "name": push,
            "topic": topic,
            "push_config": {"push_endpoint": endpoint.url},
            "retry_policy": {
                "minimum_backoff": duration_pb2.Duration(nanos=1_000_000),
                "maximum_backoff": duration_pb2.Duration(nanos=2_000_000),
            },
            "dead_letter_policy": {"dead_letter_topic": dead_topic, "max_delivery_attempts": 5},
        }
    )
    publisher.publish(topic, b"poison").result(PATIENCE)
    [message] = subscriber.pull(
        subscription=dead, max_messages=1, timeout=PATIENCE
    ).received_messages
    attempts = [endpoint.bodies.get(timeout=PATIENCE)["deliveryAttempt"] for _ in range(5)]
    assert attempts == [1, 2, 3, 4, 5]
    assert message.message.data == b"poison"
    assert message.message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    for name in (dead, push):
        subscriber.delete_subscription(subscription=name)
    publisher.delete_topic(topic=dead_topic)


def test_what_is_not_supported_says_so(subscriber, topic, subscription):
    with pytest.raises(exceptions.MethodNotImplemented, match="enable_message_ordering"):
        subscriber.create_subscription(
            request={"name": subscription + "2", "topic": topic, "enable_message_ordering": True}
        )
    with pytest.raises(exceptions.MethodNotImplemented, match="Seek"):
        subscriber.seek(request={"subscription": subscription, "snapshot": "projects/p/snapshots/s"})
