import Chaos
import Testing

@Suite struct SessionOrderTests {
  private let places = [
    "a": SessionOrder.Place(session: "s", message: 0),
    "b": SessionOrder.Place(session: "s", message: 1),
    "x": SessionOrder.Place(session: "t", message: 0),
  ]

  @Test func oneAfterTheOtherIsFine() {
    let order = SessionOrder(
      text: """
        started a 1 c1
        started x 3 c2
        started a 1 c3
        returned a 1 c3
        started b 2 c4
        committed a 1 c3
        returned b 2 c4
        returned x 3 c2
        """, places: places)
    #expect(order.faults.isEmpty && order.executions == 4)
  }

  @Test func aMessageThatGoesOnAfterTheNextHasBegunIsFound() {
    let returned = "started a 1 c1\nstarted b 2 c2\nreturned a 1 c1"
    #expect(SessionOrder(text: returned, places: places).faults.count == 1)
    let began = "started b 2 c2\nstarted a 1 c1"
    #expect(SessionOrder(text: began, places: places).faults.count == 1)
  }

  @Test func otherJobsAreLeftOut() {
    let order = SessionOrder(text: "started z 1 c1\nnonsense", places: places)
    #expect(order.faults.isEmpty && order.executions == 0)
  }
}
